/** What Node itself and TLS look for. Whatever else is in our environment, passwords among it, is no business of a design's. */
const inherited = [
  'PATH',
  'TMPDIR',
  'LANG',
  'TZ',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];

/** For processes of ours in which designs run. */
export function childEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    inherited.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
