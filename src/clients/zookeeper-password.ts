/**
 * The password of a session, from its number: ZooKeeper's servers make it so, in order to know it again without storing it
 * (ZooKeeperServer.generatePasswd: java.util.Random, seeded with the number and a constant). It keeps accidents apart, not people.
 */
const superSecret = 0xb3415c00n;
const passwordBytes = 16;

// java.util.Random: a linear congruential generator of 48 bits, of which the upper 32 are given out.
const multiplier = 0x5deece66dn;
const increment = 0xbn;
const mask = (1n << 48n) - 1n;

export function passwordOf(session: bigint): Buffer {
  const password = Buffer.alloc(passwordBytes);
  let state = (BigInt.asUintN(64, session) ^ superSecret ^ multiplier) & mask;
  for (let at = 0; at < passwordBytes; at += 4) {
    state = (state * multiplier + increment) & mask;
    // nextBytes gives out each number from its lowest byte on.
    password.writeInt32LE(Number(BigInt.asIntN(32, state >> 16n)), at);
  }
  return password;
}
