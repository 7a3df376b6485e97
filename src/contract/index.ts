/** All of the contract. Modules that hold types only are not there when the program runs. */
export type * from './redis.js';
export type * from './postgres.js';
export type * from './etcd.js';
export type * from './zookeeper.js';
export type * from './library.js';
export type * from './options.js';
export * from './strategy.js';
export * from './errors.js';
export * from './threshold.js';
export * from './plan.js';
export type * from './workload.js';
export * from './fault.js';
export * from './check.js';
export * from './result.js';
