/** Several servers are started at once, and a topology is all of them: should one fail, those that came up are stopped. */
export async function allOrNone<T>(
  starting: readonly Promise<T>[],
  stop: (started: readonly T[]) => Promise<void>,
): Promise<readonly T[]> {
  const settled = await Promise.allSettled(starting);
  const started = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed === undefined) return started;
  await stop(started);
  throw failed.reason;
}
