/**
 * From a fresh clone to the program in one command: `node src/setup.mjs start|test|build [arguments]`. Puts in place what is
 * missing or out of date (packages, the compiled program, a Redis) and then becomes the program itself, in this very
 * process, so that signals, exit codes, input and output are the program's own. Needs nothing but Node and npm, says what it
 * does on standard error, and costs a few milliseconds when there is nothing to do.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const exitCodes = { harness: 1, usage: 2, environment: 3 };
const oldestNode = [20, 19];
const heartbeatMs = 5_000;

const packageLock = join(root, 'package-lock.json');
const installedLock = join(root, 'node_modules', '.package-lock.json');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const dist = join(root, 'dist');
const stampFile = join(dist, '.built-from.json');
const sources = ['src', 'strategies', 'bench', 'tsconfig.json', 'package.json'];
/** @type {(text: string) => void} */
const say = (text) => void process.stderr.write(`lockbench: ${text}\n`);

/** @type {(exitCode: number, text: string) => never} */
function fail(exitCode, text) {
  say(text);
  process.exit(exitCode);
}

/**
 * Says what is being done, and that it still is every few seconds.
 * @template T
 * @param {string} title
 * @param {() => Promise<T>} work
 */
async function step(title, work) {
  say(`${title} ...`);
  const begin = Date.now();
  const seconds = () => `${Math.round((Date.now() - begin) / 1000)} s`;
  const timer = setInterval(() => say(`${title}: ${seconds()} so far`), heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/**
 * Runs a program with its output on our standard error.
 * @type {(program: string, args: readonly string[]) => Promise<boolean>}
 */
function succeeds(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 2, 2] });
    child.on('error', (error) => resolve((say(error.message), false)));
    child.on('exit', (code) => resolve(code === 0));
  });
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  fail(exitCodes.environment, `this is Node ${process.versions.node}; ${oldestNode.join('.')} or newer is needed`);
}

/** @type {(path: string) => number} */
function modifiedMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

async function installPackages() {
  if (modifiedMs(installedLock) >= modifiedMs(packageLock)) return;
  // The npm that runs us, else the one on PATH.
  const own = process.env['npm_execpath'] ?? '';
  const npm = /npm-cli\.[cm]?js$/.test(own) ? [process.execPath, own] : ['npm'];
  const args = [
    ...npm.slice(1),
    'ci',
    '--include=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const done = await step('installing packages (npm ci)', () => succeeds(npm[0] ?? 'npm', args));
  if (!done) fail(exitCodes.environment, 'npm ci failed; the reason is above. Once it is mended, type the same again.');
}

/** Every file that the compiled program is made from. @type {() => string[]} */
function sourceFiles() {
  const files = sources.flatMap((name) => {
    const path = join(root, name);
    if (modifiedMs(path) === 0) return [];
    if (!statSync(path).isDirectory()) return [name];
    return readdirSync(path, { recursive: true, encoding: 'utf8' }).map((file) => join(name, file));
  });
  return files.filter((file) => /\.(ts|json)$/.test(file)).sort((a, b) => (a < b ? -1 : 1));
}

/** Times and sizes, not contents: telling takes 5 ms, and a build too many half a second. @type {(files: string[]) => string} */
function fingerprintOf(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const { mtimeMs, size } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** @type {() => { files: string[], fingerprint: string }} */
function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return { files: [], fingerprint: '' };
  }
}

async function build() {
  const files = sourceFiles();
  const fingerprint = fingerprintOf(files);
  const stamp = readStamp();
  if (stamp.fingerprint === fingerprint) return;
  for (const file of stamp.files.filter((old) => !files.includes(old))) removeCompiled(file);
  const done = await step('building', () => succeeds(process.execPath, [compiler, '-p', root]));
  if (!done) fail(exitCodes.harness, 'the build failed; the reason is above');
  // In one move, so that another start at the same time reads all of it or nothing.
  writeFileSync(`${stampFile}.${process.pid}`, JSON.stringify({ fingerprint, files }));
  renameSync(`${stampFile}.${process.pid}`, stampFile);
}

/** A test or a plug-in whose source is gone must not be found any more. @type {(file: string) => void} */
function removeCompiled(file) {
  for (const suffix of ['.js', '.js.map', '.d.ts']) rmSync(join(dist, file.replace(/\.ts$/, suffix)), { force: true });
}

/** @type {(file: string) => Promise<any>} */
const compiled = (file) => import(pathToFileURL(join(dist, 'src', file)).href);

/** The tests need servers of their own and so a program to start; the benchmark is content with containers. */
async function provideRedis(/** @type {boolean} */ forTests) {
  const { findRedis } = await compiled('servers/redis-binary.js');
  if (findRedis() !== null) return;
  const { dockerEngine } = await compiled('servers/docker-engine.js');
  if (!forTests && (await dockerEngine()).available) return;
  const { unpackRedis } = await compiled('servers/apt-redis.js');
  await step('fetching a Redis into your cache folder (nothing is installed)', unpackRedis);
}

/** Then they are somebody else's affair. @type {(args: readonly string[]) => boolean} */
function serversAreGiven(args) {
  const line = args.join(' ');
  return /(^| )--redis[ =]|(^| )--servers[ =](external|container)( |$)/.test(line);
}

/** @type {(file: string, args: readonly string[]) => Promise<unknown>} */
function become(file, args) {
  process.argv = [process.execPath, file, ...args];
  return import(pathToFileURL(file).href);
}

const [task = '', ...args] = process.argv.slice(2);
if (!['start', 'test', 'build'].includes(task))
  fail(exitCodes.usage, 'usage: node src/setup.mjs start|test|build [...]');
checkNode();
await installPackages();
await build();
if (task !== 'build' && !serversAreGiven(args)) {
  await provideRedis(task === 'test').catch((/** @type {any} */ error) => {
    if (task === 'test') fail(exitCodes.environment, `${error.message}\n${error.hint}`);
    // The program itself tells more, if it comes to need one at all.
    say(error.message);
  });
}
if (task === 'start') await become(join(dist, 'src', 'cli', 'main.js'), args);
if (task === 'test') await become(join(root, 'node_modules', 'vitest', 'vitest.mjs'), ['run', ...args]);
