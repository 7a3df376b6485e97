/** The one table of error codes, and what each means for the exit code. */

export const exitCodes = {
  ok: 0,
  /** A fault of the harness itself. */
  harness: 1,
  /** Bad arguments or plan. */
  usage: 2,
  /** The machine lacks something: no Redis or other server to be had, results/ not writable. */
  environment: 3,
  /** A threshold crossed or a regression proven. */
  threshold: 4,
  /** A property violated: safety, liveness. */
  violation: 5,
  /** The run is not valid: arrival rate not reached, a worker lost. */
  invalid: 6,
  interrupted: 130,
  terminated: 143,
} as const;

export const errorCodes = {
  BAD_ARGUMENT: exitCodes.usage,
  BAD_PLAN: exitCodes.usage,
  BAD_PLUGIN: exitCodes.usage,
  BAD_RUN_FOLDER: exitCodes.usage,
  NO_REDIS: exitCodes.environment,
  NO_SERVER: exitCodes.environment,
  NO_LIBRARY: exitCodes.environment,
  SERVER_FAILED: exitCodes.environment,
  UNREACHABLE: exitCodes.environment,
  NOT_EMPTY: exitCodes.environment,
  WRONG_ROLE: exitCodes.environment,
  NOT_WRITABLE: exitCodes.environment,
  WORKER_LOST: exitCodes.invalid,
  INTERNAL: exitCodes.harness,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** The one error class. `hint` is the way out, in words for the person at the terminal. */
export class LockbenchError extends Error {
  override readonly name = 'LockbenchError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly hint = '',
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Between threads errors travel as plain data: Node strips everything else. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}
