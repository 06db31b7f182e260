import { type Finding, type Fix, fine } from '../../ports/finding.ts';
import { type AmiAddress, type AmiConnection, connectAmi } from './ami-connection.ts';
import { AmiError } from './ami-requests.ts';

export interface AmiExamination {
  findings: Finding[];
  /** Names of all queues; null when AMI could not tell. */
  queues: string[] | null;
}

const reload = 'manager.conf; then: manager reload';

/** Everything that can be said over AMI; it is signed in for a moment and changes nothing. `null`: not configured. */
export async function examineAmi(address: AmiAddress | null): Promise<AmiExamination> {
  if (!address) return { findings: [notConfigured], queues: null };
  const stop = new AbortController();
  try {
    const handlers = { onEvent() {}, onEnd() {}, signal: stop.signal };
    const connection = await connectAmi(address, 'off', handlers);
    return await look(connection, address);
  } catch (error) {
    if (!(error instanceof AmiError)) throw error;
    return { findings: [whyNot(error, address)], queues: null };
  } finally {
    stop.abort();
  }
}

const userLines = (username: string): string[] => [
  `[${username}]`,
  'secret = (the value of AMI_PASSWORD)',
  'deny = 0.0.0.0/0.0.0.0',
  'permit = (this server’s address)/255.255.255.255',
  'read = agent,call',
  'write = agent,call',
];

const notConfigured: Finding = {
  topic: 'AMI',
  verdict: 'optional',
  text: 'AMI_HOST is not set; AMI adds wrap-up, pause reasons, places in the queue, the list of queues, whom a ChanSpy listens to',
  fix: { where: reload, lines: ['[general]', 'enabled = yes', ...userLines('vigie')] },
};

function whyNot(error: AmiError, { host, port, username }: AmiAddress): Finding {
  if (error.code === 'refused') {
    const fix = { where: reload, lines: userLines(username) };
    return { topic: 'AMI', verdict: 'wrong', text: `Asterisk refuses the sign-in (${error.message})`, fix };
  }
  const fix = {
    where: reload,
    lines: ['[general]', 'enabled = yes', 'bindaddr = 0.0.0.0', `port = ${port}`],
  };
  return { topic: 'AMI', verdict: 'wrong', text: `${host}:${port}: ${error.message}`, fix };
}

async function look(
  connection: AmiConnection,
  { host, port, username }: AmiAddress,
): Promise<AmiExamination> {
  const { response } = await connection.request('ListCommands');
  const rights = await readRights(connection, username);
  const queues = await queueNames(connection);
  const found = queues.length > 0 ? queues.join(', ') : 'none';
  return {
    findings: [
      fine('AMI', `${host}:${port}`),
      checkRead(rights?.read, username),
      checkWrite(response.has('QueuePause'), response.has('Getvar'), username),
      fine('Queues', `${queues.length} found: ${found}`),
    ],
    queues,
  };
}

interface Rights {
  read: string;
}

/** The manager does not tell its own rights; its file does, when the user is in it. */
async function readRights(connection: AmiConnection, username: string): Promise<Rights | null> {
  if (/[,)]/.test(username)) return null;
  try {
    const Variable = `AST_CONFIG(manager.conf,${username},read)`;
    const { response } = await connection.request('Getvar', { Variable });
    const read = response.get('Value') ?? '';
    return read ? { read } : null;
  } catch (error) {
    if (error instanceof AmiError && error.code === 'refused') return null;
    throw error;
  }
}

const rightsFix = (username: string): Fix => ({
  where: reload,
  lines: [`[${username}]`, 'read = agent,call', 'write = agent,call'],
});

function checkRead(read: string | undefined, username: string): Finding {
  const topic = 'AMI read rights';
  const fix = rightsFix(username);
  if (read === undefined)
    return { topic, verdict: 'unseen', text: 'cannot be seen; agent and call are needed', fix };
  const classes = read.split(',').map((word) => word.trim());
  const has = (word: string) => classes.includes(word) || classes.includes('all');
  if (!has('agent'))
    return { topic, verdict: 'wrong', text: `${read}: without agent no queue event arrives`, fix };
  if (has('call')) return fine(topic, read);
  const text = `${read}: without call it is not told whom a ChanSpy of the PBX listens to`;
  return { topic, verdict: 'missing', text, fix };
}

function checkWrite(mayPause: boolean, mayRead: boolean, username: string): Finding {
  const topic = 'AMI write rights';
  const fix = rightsFix(username);
  if (mayPause && mayRead) return fine(topic, 'agent, call');
  const lacks = [
    ...(mayPause ? [] : ['agent (pauses, members of queues)']),
    ...(mayRead ? [] : ['call (wrap-up times)']),
  ];
  return { topic, verdict: 'missing', text: `lacks ${lacks.join(' and ')}`, fix };
}

async function queueNames(connection: AmiConnection): Promise<string[]> {
  try {
    const { list } = await connection.request('QueueStatus');
    return list
      .filter((event) => event.get('Event') === 'QueueParams')
      .map((event) => event.get('Queue') ?? '')
      .sort();
  } catch (error) {
    if (error instanceof AmiError && error.code === 'refused') return [];
    throw error;
  }
}
