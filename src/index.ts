/** What the package exports: the contracts, the kit for strategy authors, and runs from code. */
export * from './contract/index.js';
export { noCancel, CancelSource } from './base/cancel.js';
export { everyMsFor, keepAlive, type KeepAliveEvents, type KeepAliveRules } from './kit/keep-alive.js';
export { FairLease } from './kit/fair-cohort.js';
export { FairQueue, type FairRules } from './kit/fair-queue.js';
export { fairScripts } from './kit/fair-scripts.js';
export { Lease, letGo } from './kit/lease.js';
export { fenceSuffix, raiseFence, raising, takeAndMint, taking } from './kit/fences.js';
export { Releases, type Release } from './kit/releases.js';
export { acquireWithRetry, retryPolicy, type Pause, type Try } from './kit/retry.js';
export { compareAndDelete, compareAndExpire, evalSha, script, setIfAbsent, withSource } from './kit/scripts.js';
export { WaitingRooms, type Visit } from './kit/waiting-rooms.js';
export { ballot, ballotInTurn, call, callGroup, send, sendToAll, type Answer, type Tally } from './kit/send.js';
export { resolvePlan } from './plan/resolve.js';
export { openCatalogue, type Catalogue, type RawOptions } from './plan/catalogue.js';
export { runBenchmark, type BenchmarkOptions } from './run/benchmark.js';
export type { Observer, Tick } from './run/observer.js';
