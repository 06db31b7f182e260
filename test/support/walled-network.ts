/**
 * A network of its own for a browser, as behind a strict firewall: it reaches the addresses that are named and nothing else,
 * so that no packet of its voice or picture can go directly. Made of the kernel's own parts (namespace, veth, nftables);
 * without the right to make them this throws, and the test fails: it is never passed over.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, toolEnv } from '../../scripts/lab/tools.ts';
import { ensureDebianPackages } from '../../scripts/setup/debian.ts';

export interface Opening {
  protocol: 'tcp' | 'udp';
  /** On the host's side, `WalledNetwork.host`. */
  port: number;
}
export interface WalledNetwork {
  /** This machine as the network sees it. */
  readonly host: string;
  /** Whoever is inside, as this machine sees him. */
  readonly inside: string;
  /** From now on these ports of the host are reached, and no others. */
  open(openings: readonly Opening[]): void;
  /** A program that runs `program` inside, for whoever wants the path of one. */
  wrapperOf(program: string): string;
  remove(): void;
}

const prefix = 'vigie-';

/** Nothing is open at first. The network goes with `remove`, and with this process. */
export async function wallNetwork(): Promise<WalledNetwork> {
  const needed = [
    { command: 'ip', package: 'iproute2' },
    { command: 'nft', package: 'nftables' },
  ];
  await ensureDebianPackages(needed, (line) => console.error(line));
  removeLeftovers();
  const { pid } = process;
  const name = `${prefix}${pid}`;
  // Four addresses for each process, far from those that a machine in a company has.
  const base = `10.213.${(pid >> 6) & 255}.`;
  const [host, inside] = [`${base}${(pid & 63) * 4 + 1}`, `${base}${(pid & 63) * 4 + 2}`];
  const [outer, inner] = [`vgo${pid}`, `vgi${pid}`];
  const tools = mkdtempSync(join(tmpdir(), 'vigie-walled-'));
  const remove = (): void => {
    process.off('exit', remove);
    spawnSync('ip', ['netns', 'del', name], { env: toolEnv });
    spawnSync('ip', ['link', 'del', outer], { env: toolEnv });
    rmSync(tools, { recursive: true, force: true });
  };
  process.once('exit', remove);
  // Not `ip -n` or `ip netns exec`: these make mounts of their own first, which fails below a chroot.
  const entering = `--net=/run/netns/${name}`;
  const within = (command: readonly string[], input?: string): void =>
    must('nsenter', [entering, ...command], input);
  must('ip', ['netns', 'add', name]);
  must('ip', ['link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', name]);
  must('ip', ['addr', 'add', `${host}/30`, 'dev', outer]);
  must('ip', ['link', 'set', outer, 'up']);
  within(['ip', 'addr', 'add', `${inside}/30`, 'dev', inner]);
  within(['ip', 'link', 'set', 'lo', 'up']);
  within(['ip', 'link', 'set', inner, 'up']);
  // Chromium looks for addresses on the way out; what is sent along it meets the wall.
  within(['ip', 'route', 'add', 'default', 'via', host]);
  const open = (openings: readonly Opening[]): void => {
    within(['nft', '-f', '-'], wallOf(host, openings));
  };
  open([]);
  return {
    host,
    inside,
    open,
    wrapperOf(program) {
      const file = join(tools, 'inside');
      writeFileSync(file, `#!/bin/sh\nexec nsenter ${entering} ${program} "$@"\n`);
      chmodSync(file, 0o755);
      return file;
    },
    remove,
  };
}

/** Both ways, so that nobody outside who knows the address gets in either. Replaces what was there. */
const wallOf = (host: string, openings: readonly Opening[]): string => `
  table inet wall
  delete table inet wall
  table inet wall {
    chain out {
      type filter hook output priority 0; policy drop;
      oif lo accept
      ${openings.map(({ protocol, port }) => `ip daddr ${host} ${protocol} dport ${port} accept`).join('\n')}
    }
    chain in {
      type filter hook input priority 0; policy drop;
      iif lo accept
      ${openings.map(({ protocol, port }) => `ip saddr ${host} ${protocol} sport ${port} accept`).join('\n')}
    }
  }`;

function must(command: string, args: readonly string[], input = ''): void {
  const { status, stderr, error } = spawnSync(command, args, { env: toolEnv, input, encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(
    `A network of its own cannot be made on this machine, and the test needs one (root, CAP_NET_ADMIN, nftables): ` +
      `${command} ${args.join(' ')}: ${error?.message ?? stderr}`,
  );
}

/** Networks of processes that are gone. */
function removeLeftovers(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { env: toolEnv, encoding: 'utf8' });
  for (const line of (stdout ?? '').split('\n')) {
    const pid = Number(new RegExp(`^${prefix}(\\d+)`).exec(line)?.[1]);
    if (pid && !isAlive(pid)) spawnSync('ip', ['netns', 'del', `${prefix}${pid}`], { env: toolEnv });
  }
}
