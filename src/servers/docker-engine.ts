/** Whether a Docker engine answers, in well under a second: a ping on the sockets where one may listen, nothing more. */
import { existsSync } from 'node:fs';
import { request, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface DockerEngine {
  readonly available: boolean;
  /** In words: where it answers, or what stands in the way. */
  readonly reason: string;
}

const answerLimitMs = 800;

/** DOCKER_HOST decides when it is set, as it does for the docker command; else the usual places, the first that answers. */
export async function dockerEngine(): Promise<DockerEngine> {
  const named = process.env['DOCKER_HOST'];
  if (named !== undefined && named !== '') return probeAddress(named);
  const sockets = usualSockets().filter((path) => existsSync(path));
  if (sockets.length === 0)
    return { available: false, reason: 'no Docker engine: DOCKER_HOST is not set, no socket at the usual places' };
  const answers = await Promise.all(sockets.map((path) => ping({ socketPath: path }, path)));
  return answers.find((answer) => answer.available) ?? answers[0]!;
}

function usualSockets(): readonly string[] {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return [
    '/var/run/docker.sock',
    ...(runtime === undefined ? [] : [join(runtime, 'docker.sock')]),
    join(homedir(), '.docker', 'run', 'docker.sock'),
    join(homedir(), '.docker', 'desktop', 'docker.sock'),
  ];
}

function probeAddress(address: string): Promise<DockerEngine> {
  if (address.startsWith('unix://')) {
    const path = address.slice('unix://'.length);
    return ping({ socketPath: path }, path);
  }
  const url = URL.parse(address);
  if (url === null || url.hostname === '') {
    return Promise.resolve({
      available: false,
      reason: `DOCKER_HOST is ${address}: neither unix:// nor tcp://host:port`,
    });
  }
  return reachable(url.hostname, Number(url.port || 2375), address);
}

function ping(where: RequestOptions, place: string): Promise<DockerEngine> {
  return new Promise((resolve) => {
    const asked = request({ ...where, path: '/_ping', timeout: answerLimitMs }, (response) => {
      response.resume();
      const ok = response.statusCode === 200;
      resolve({
        available: ok,
        reason: ok ? `answers at ${place}` : `${place} answers with status ${response.statusCode}`,
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${answerLimitMs} ms`)));
    asked.on('error', (error) =>
      resolve({ available: false, reason: `no Docker engine at ${place}: ${error.message}` }),
    );
    asked.end();
  });
}

/** Behind TLS only the engine's own clients can tell more than that somebody listens. */
function reachable(host: string, port: number, place: string): Promise<DockerEngine> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: answerLimitMs });
    const end = (available: boolean, reason: string): void => {
      socket.destroy();
      resolve({ available, reason });
    };
    socket.on('connect', () => end(true, `listens at ${place}`));
    socket.on('timeout', () => end(false, `no Docker engine at ${place}: no answer within ${answerLimitMs} ms`));
    socket.on('error', (error) => end(false, `no Docker engine at ${place}: ${error.message}`));
  });
}
