/** Each check's failure in one plain sentence. */
import type { RunResult, Verdict } from '../contract/index.js';
import { formatCount } from '../base/units.js';
import { plural } from './text.js';
import { checkedGrants, inEnglish } from './verdicts.js';
import { harmText } from './words-harm.js';

export function finding(run: RunResult, { check, violations }: Verdict): string {
  const n = formatCount(violations);
  const times = `${n} ${plural(violations, 'time')}`;
  switch (check) {
    case 'mutual-exclusion':
      return `mutual exclusion was broken: ${n} of ${formatCount(checkedGrants(run))} leases had somebody else let in while ${plural(violations, 'it was', 'they were')} valid`;
    case 'mutual-exclusion-cell':
      return `mutual exclusion was broken ${times}, as the shared-memory cell saw it: a contender met another inside with a valid lease`;
    case 'lost-updates':
      return lost(run, violations);
    case 'contiguity':
      return `${n} ${plural(violations, 'operation')} of an older grant reached the resource after a newer one had begun`;
    case 'fencing-order':
      return `fencing tokens did not grow with the grants, or an older one wrote after a newer, ${times}`;
    case 'validity-honoured':
      return `a lock vanished under its holder ${times} before its validity was over`;
    case 'lost-lease-signalled':
      return `${n} ${plural(violations, 'holder')} whose extension found the lock lost ${plural(violations, 'was', 'were')} not told`;
    case 'availability':
      return 'with no more servers out than it withstands, somebody waited for a lock and for too long nobody got it';
    case 'deadlock-freedom':
      return `somebody waited for a lock, and for too long nobody got it${deadHolder(run)}`;
    case 'granted-in-time':
      return `a lock was handed out ${times} when its lease was already over`;
    case 'keys-left':
      return `${n} ${plural(violations, 'key')} stayed behind when everybody had released or given up`;
    case 'overstay':
      return `somebody entered ${times} while a holder whose lease was over was still inside: the program's doing, not the lock's`;
    case 'accounting':
    case 'assumptions':
      return `the records are not sound (${check}), so no figure of this run is to be trusted`;
    default:
      return `${inEnglish(check)} failed ${times}`;
  }
}

/** In the words of those who suffer. In memory the end tells; at the resource's own process the writes do. */
function lost(run: RunResult, violations: number): string {
  const inMemory = `${formatCount(violations)} ${plural(violations, 'update')} made inside the lock ${plural(violations, 'is', 'are')} missing in the end`;
  if (run.resource !== 'server') return inMemory;
  return `${harmText(run) ?? formatCount(violations)}: what one holder wrote, another wrote again`;
}

function deadHolder({ claims, faults }: RunResult): string {
  const crashed = faults.some(({ name, effective }) => name === 'crash-holder' && effective);
  return crashed && !claims.expires ? ': a holder was killed, and the key of a dead holder never expires here' : '';
}
