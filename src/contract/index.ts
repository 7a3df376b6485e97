export * from './redis.js';
export * from './options.js';
export * from './strategy.js';
export * from './errors.js';
export * from './plan.js';
export * from './workload.js';
export * from './check.js';
export * from './result.js';
