/**
 * A lock that nobody held although somebody asked for it, for as long as leases last: told with what that shows. Where a
 * fault or a dead holder explains it, the words about these do.
 */
import type { Result, RunResult } from '../contract/index.js';
import { formatCount, formatMs, formatNumber, formatPercent, formatSettingMs } from '../base/units.js';
import { plural } from './text.js';
import { isControl } from './verdicts.js';
import type { Word } from './words.js';

/** Of the measured time; less is an incident and no way of life. */
const tellingShare = 0.1;
/** For each server: twice what a try and a release take. Who sends more asks again and again. */
const commandsOfFew = 4;

export function unheldWords({ runs }: Result): Word[] {
  return runs.filter((run) => !isControl(run)).flatMap(unheld);
}

function unheld(run: RunResult): Word[] {
  const { faults, orphans, ttlMs, contenders } = run;
  // A summary that was written before this was looked at has none.
  const found = run.unheld ?? null;
  // Of one round: the window of one.
  const windowMs = run.durationMs / Math.max(1, run.repeats.length);
  if (found === null || faults.length > 0 || orphans.count > 0 || found.ms < windowMs * tellingShare) return [];
  const { key, ms, gaps, shortestMs, longestMs, waiting, leaseLongWaits } = found;
  const lasting = gaps === 1 ? formatMs(longestMs) : `${formatMs(shortestMs)} to ${formatMs(longestMs)}`;
  const who = waiting === contenders ? `all ${contenders} contenders` : `${waiting} of ${contenders} contenders`;
  const lines = [
    `${formatCount(leaseLongWaits)} ${plural(leaseLongWaits, 'wait')} lasted as long as the lease of ${formatSettingMs(ttlMs)}, or longer`,
    ...causeLines(run),
  ];
  const text =
    `${run.strategy}: nobody held key ${key} for ${formatPercent(Math.min(1, ms / windowMs))} of the measured time, in ` +
    `${formatCount(gaps)} ${plural(gaps, 'gap')} of ${lasting}, though ${who} waited for it`;
  return [{ level: 'warning', text, evidence: lines }];
}

/** Refused by servers that answer, with nobody inside: then keys are in the way that belong to no holder. */
function causeLines({ grants, tries, errors, nodeFailures, commandsPerGrant, topology }: RunResult): readonly string[] {
  const hung = errors['HUNG'] ?? 0;
  if (hung > 0)
    return [`${formatCount(hung)} ${plural(hung, 'call')} never settled: whoever waits in one does not ask any more`];
  // Tries are those of waits that ended: a library that still waits has told of none, but its commands have been seen.
  const asked = (commandsPerGrant ?? 0) > topology.nodes * commandsOfFew;
  if (tries === 0 && commandsPerGrant === null) return [];
  if (tries <= grants && !asked) return ['who waited did not ask in between: nothing told them that the lock was free'];
  const lost = nodeFailures.length > 0 ? ', or releases that were not answered,' : '';
  const often =
    tries > grants
      ? `${formatCount(tries)} tries for ${formatCount(grants)} ${plural(grants, 'grant')} in the sample`
      : `${formatNumber(commandsPerGrant ?? 0)} commands per grant`;
  return [
    `${often}: who waited kept asking, and was refused`,
    `with nobody inside and no fault, only keys can have refused them that tries without success${lost} had left on the ` +
      'servers, their own among them: such a key is in the way until its lease is over',
  ];
}
