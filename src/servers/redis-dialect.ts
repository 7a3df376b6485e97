/** Redis and Valkey: INFO, CONFIG GET, SCAN. */
import { openAdmin } from '../clients/admin.js';
import type { Dialect } from './dialect.js';
import { cpuMsIn, modeIn, parseInfo, settingIn, settingNames, versionIn } from './facts.js';
import { keysWith, removeKeysWith } from './keys.js';

export const redisDialect: Dialect = {
  openAdmin,
  async facts(admin) {
    const setting = (name: string): Promise<string> =>
      admin.call('CONFIG', 'GET', name).then(settingIn, () => 'unknown');
    const info = parseInfo(await admin.call('INFO', 'server'));
    const values = await Promise.all(settingNames.map(setting));
    const settings = Object.fromEntries(settingNames.map((name, i) => [name, values[i]!]));
    return { version: versionIn(info), mode: modeIn(info), settings };
  },
  cpuMs: async (admin) => cpuMsIn(parseInfo(await admin.call('INFO', 'cpu'))),
  keysWith: (prefix, admin) => keysWith(prefix, admin),
  removeKeysWith,
};
