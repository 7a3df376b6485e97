import { LockbenchError, type ErrorData } from '../contract/index.js';

/** An error as plain data: Node strips everything else between threads. Anything unforeseen is INTERNAL. */
export function errorData(error: unknown): ErrorData {
  if (error instanceof LockbenchError) return { code: error.code, message: error.message, hint: error.hint };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: 'INTERNAL', message, hint: '' };
}

export function fromErrorData(data: ErrorData): LockbenchError {
  return new LockbenchError(data.code, data.message, data.hint);
}
