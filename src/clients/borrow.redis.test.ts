import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CancelSource, noCancel } from '../base/cancel.js';
import { yieldTurn } from '../base/clock.js';
import { compareAndDelete, evalSha } from '../kit/scripts.js';
import { openNodes } from './open.js';
import type { NodeSet } from './open.js';
import { maxBorrowed } from './pool.js';
import { ask, askGroup, askWithin, clients, patientMs, settings, startServer, tell, until } from './testing.js';
import type { TestServer } from './testing.js';

describe.each(clients)('a borrowed connection on %s', (client) => {
  let server: TestServer;
  let set: NodeSet;
  const node = () => set.nodes[0]!;

  beforeEach(async () => {
    server = await startServer();
    set = await openNodes(client, [server.endpoint], { ...settings, scripts: [compareAndDelete] });
  });
  afterEach(async () => {
    await set.close();
    await server.stop();
  });

  const connections = async (): Promise<number> => {
    const list = String(await tell(node().shared, 'CLIENT', 'LIST'));
    return list.trim().split('\n').length;
  };

  test('takes WAIT without holding up the shared lane', async () => {
    const loan = await node().borrow(noCancel);
    expect(loan.lane.up).toBe(true);
    expect(loan.lane.incarnation).toBe(1);
    const id = await tell(loan.lane, 'CLIENT', 'ID');
    let acknowledged = false;
    const blocked = [
      { name: 'SET', args: ['k', 'v'] },
      { name: 'WAIT', args: [1, 0] },
    ];
    const group = askGroup(loan.lane, patientMs, blocked);
    void group.then(() => (acknowledged = true));
    await until(async () => (await tell(node().shared, 'GET', 'k')) === 'v');
    for (let i = 0; i < 20; i += 1) expect(await tell(node().shared, 'PING')).toBe('PONG');
    expect(acknowledged).toBe(false);
    expect(await tell(node().shared, 'CLIENT', 'UNBLOCK', Number(id))).toBe(1);
    expect(await group).toMatchObject({ failure: null, reply: ['OK', 0] });
    loan.giveBack();
  });

  test('has the scripts loaded, and is lent again when it was given back clean', async () => {
    const first = await node().borrow(noCancel);
    await tell(node().shared, 'SCRIPT', 'EXISTS', compareAndDelete.sha);
    expect((await askWithin(first.lane, patientMs, evalSha(compareAndDelete, 'k', 't'))).reply).toBe(0);
    const id = await tell(first.lane, 'CLIENT', 'ID');
    first.giveBack();
    first.giveBack();
    const second = await node().borrow(noCancel);
    expect(await tell(second.lane, 'CLIENT', 'ID')).toBe(id);
    const third = await node().borrow(noCancel);
    expect(await tell(third.lane, 'CLIENT', 'ID')).not.toBe(id);
    second.giveBack();
    third.giveBack();
    expect(await connections()).toBe(3);
  });

  test('is thrown away when it is still owed a reply', async () => {
    const loan = await node().borrow(noCancel);
    const { failure } = await askWithin(loan.lane, 20, { name: 'WAIT', args: [1, 0] });
    expect(failure).toMatchObject({ code: 'TIMEOUT', fate: 'maybe-executed' });
    loan.giveBack();
    await loan.lane.settled();
    expect(loan.lane.up).toBe(false);
    await until(async () => (await connections()) === 1);
  });

  test('is waited for in order once all are lent, and can be given up', async () => {
    const loans = await Promise.all(Array.from({ length: maxBorrowed }, () => node().borrow(noCancel)));
    expect(await connections()).toBe(maxBorrowed + 1);
    const order: string[] = [];
    const cancel = new CancelSource();
    const waiting = (name: string, by = noCancel) =>
      node()
        .borrow(by)
        .then(
          (loan) => {
            order.push(name);
            loan.giveBack();
          },
          () => void order.push(`${name} cancelled`),
        );
    const waiters = [waiting('first'), waiting('second', cancel), waiting('third')];
    await yieldTurn();
    expect(order).toEqual([]);
    cancel.cancel();
    loans[0]!.giveBack();
    await Promise.all(waiters);
    expect(order).toEqual(['second cancelled', 'first', 'third']);
    for (const loan of loans) loan.giveBack();
    expect(await connections()).toBe(maxBorrowed + 1);
  });

  test('is refused when cancelled before, when the node is down, and after close', async () => {
    const cancel = new CancelSource();
    cancel.cancel();
    await expect(node().borrow(cancel)).rejects.toMatchObject({ name: 'LockbenchError', code: 'UNREACHABLE' });
    const held = await node().borrow(noCancel);
    await server.crash();
    await until(() => !node().shared.up && !held.lane.up);
    expect((await ask(held.lane, 'PING')).failure).toMatchObject({ code: 'DOWN', fate: 'not-executed' });
    held.giveBack();
    await expect(node().borrow(noCancel)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await server.restart();
    await until(() => node().shared.up);
    const again = await node().borrow(noCancel);
    expect(await tell(again.lane, 'PING')).toBe('PONG');
    again.giveBack();
    await set.close();
    await expect(node().borrow(noCancel)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});
