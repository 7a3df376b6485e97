/** A whole comparison: the run's folder, the servers, the course of it, the verdict, and the document that holds it all. */
import { errorCodes, exitCodes, LockbenchError, type Environment } from '../contract/index.js';
import { wallClock } from '../base/clock.js';
import { otherKeyPrefixes } from '../base/key-prefixes.js';
import { RunStore } from '../record/store.js';
import { environment } from '../run/environment.js';
import { silent, type Observer, type Surroundings } from '../run/observer.js';
import { Hosts } from '../servers/provision.js';
import { calibrationOf, floorOf, readCalibration, writeCalibration } from './calibration.js';
import { conclude } from './conclude.js';
import { Course, designOf } from './course.js';
import { compareSchemaVersion, exitCodeOf, type CompareDocument } from './document.js';
import { sides, type ComparePlan } from './plan.js';
import { provisionBoth, type SharedServers } from './servers.js';

export interface ExperimentOptions extends Surroundings {
  readonly kind: CompareDocument['kind'];
  /** Folders in which a calibration may lie, the nearest first; a new one is stored in `out`. */
  readonly calibrations: readonly string[];
  readonly inconclusiveFails: boolean;
}

/** Runs to its end, or to its interruption, and returns what was measured. Throws LockbenchError when nothing could be. */
export async function runExperiment(plan: ComparePlan, options: ExperimentOptions): Promise<CompareDocument> {
  designOf(plan);
  const observer = options.observer ?? silent;
  const signal = options.signal ?? new AbortController().signal;
  const calibrating = options.kind === 'calibrate';
  const startedAt = wallClock();
  const warnings: string[] = [];
  const warn = (text: string): void => {
    warnings.push(text);
    observer.note(text);
  };
  const names = calibrating ? plan.baseline.name : `${plan.baseline.name}-${plan.candidate.name}`;
  const store = RunStore.named(options.out, `${options.kind}-${names}-${plan.seed}`, startedAt, warn);
  const floor = floorOf(readCalibration(options.calibrations), environment([], {}), startedAt);
  const course = new Course(plan, { floors: floor, calibrating, observer: { ...observer, note: warn }, signal });
  let ended: Ended;
  try {
    ended = await onServers(plan, options, course, observer, warn);
  } catch (error) {
    store.discard();
    throw error;
  }
  const { failure, servers } = ended;
  const { generations, confirming, design, clientOptions } = course;
  const interrupted = signal.aborted;
  const conclusion = conclude({
    plan,
    design,
    floors: floor,
    generations,
    confirming,
    interrupted,
    failure: failure?.message ?? null,
  });
  const exitCode = exitCodeOf({
    verdict: conclusion.verdict,
    candidateViolations: conclusion.exact.candidate.violations,
    interrupted: interrupted ? (options.interruptedExitCode?.() ?? exitCodes.interrupted) : null,
    inconclusiveFails: options.inconclusiveFails,
  });
  const document: CompareDocument = {
    schemaVersion: compareSchemaVersion,
    kind: options.kind,
    seed: plan.seed,
    startedAt: startedAt.toISOString(),
    folder: store.where,
    partial: interrupted || failure !== null,
    exitCode: failure === null || conclusion.exact.candidate.violations > 0 ? exitCode : errorCodes[failure.code],
    inconclusiveFails: options.inconclusiveFails,
    ...conclusion,
    plan,
    design,
    sharedServers: servers.shared,
    floor,
    warnings,
    clientOptions,
    environment: environment(servers.servers, clientVersions(clientOptions)),
    generations,
    confirming,
  };
  store.writeJson('compare.json', document);
  const calibration = calibrating ? calibrationOf(document) : null;
  if (calibration !== null) writeCalibration(options.out, calibration);
  return { ...document, folder: store.where };
}

interface Ended {
  readonly servers: SharedServers;
  /** What ended it early, when something was measured by then. */
  readonly failure: LockbenchError | null;
}

async function onServers(
  plan: ComparePlan,
  options: ExperimentOptions,
  course: Course,
  observer: Observer,
  warn: (text: string) => void,
): Promise<Ended> {
  const { servers: kind, image, persistence, keyPrefix } = plan;
  const hosts = new Hosts({
    kind,
    image,
    persistence,
    keyPrefix,
    otherKeyPrefixes: await otherKeyPrefixes([plan.baseline, plan.candidate], keyPrefix),
    external: options.endpoints ?? plan.external,
    addresses: options.addresses ?? plan.addresses,
  });
  let servers: SharedServers | null = null;
  try {
    const found = await hosts.all(sides.map((side) => plan[side]));
    const external = found.length > 0 && found.every(({ kind: how }) => how === 'external');
    observer.phase(external ? 'connecting to the servers' : 'starting the servers');
    servers = await provisionBoth(hosts, plan);
    servers.onIncident(warn);
    await course.run(servers);
    return { servers, failure: null };
  } catch (error) {
    if (servers === null || course.generations.length === 0 || !(error instanceof LockbenchError)) throw error;
    warn(`the comparison ended early: ${error.message}`);
    return { servers, failure: error };
  } finally {
    await servers?.stop();
    await hosts.close();
  }
}

function clientVersions(options: CompareDocument['clientOptions']): Environment['clients'] {
  return Object.fromEntries(
    sides.flatMap((side) => {
      const { library, version } = options[side];
      return typeof library === 'string' && typeof version === 'string' ? [[library, version]] : [];
    }),
  );
}
