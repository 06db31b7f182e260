import { parseArgs } from 'node:util';
import { startDemoTraffic } from './demo.ts';
import { type Lab, startLab } from './index.ts';
import { fixedBase } from './ports.ts';
import { isAlive, sayOnStderr } from './tools.ts';

const help = `npm run lab [-- options]
  --demo [--rate N]   keep calls coming and going, N a minute (6)
  --base PORT         first of the lab's 2000 ports (${fixedBase})`;

const { values } = parseArgs({
  options: {
    demo: { type: 'boolean', default: false },
    rate: { type: 'string', default: '6' },
    base: { type: 'string', default: String(fixedBase) },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) console.log(help);
else
  await main().catch((error: Error) => {
    sayOnStderr(error.message);
    process.exitCode = 1;
  });

async function main(): Promise<void> {
  const signalled = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => signalled.resolve());
  const lab = await startLab({
    name: 'lab',
    portBase: Number(values.base),
    pbx: { browserPhones: true },
  });
  console.log(summary(lab));
  const traffic = values.demo
    ? startDemoTraffic(lab, { callsPerMinute: Number(values.rate), seed: 1 })
    : undefined;
  const alive = setInterval(() => {
    if (lab.pbx.pid === undefined || !isAlive(lab.pbx.pid)) sayOnStderr('the PBX is not running any more');
  }, 30_000);
  await signalled.promise;
  clearInterval(alive);
  sayOnStderr('stopping');
  await traffic?.stop();
  await lab.stop();
}

function summary(lab: Lab): string {
  const phones = lab.phones.roster.map(
    (phone) =>
      `  PJSIP/${phone.number}  ${phone.name.padEnd(28)} ${phone.codec.padEnd(7)} ${phone.toneHz} Hz`,
  );
  return `
Asterisk ${lab.version} is running, with ${lab.phones.roster.length} phones. Ctrl-C stops all of it.

  ARI_URL=${lab.pbx.ariUrl} ARI_USERNAME=${lab.pbx.ariUsername} ARI_PASSWORD=${lab.pbx.ariPassword}
  AMI_HOST=127.0.0.1 AMI_PORT=${lab.pbx.amiPort} AMI_USERNAME=${lab.pbx.amiUsername} AMI_PASSWORD=${lab.pbx.amiPassword}
  CEL_FILE=${lab.pbx.celFile}

SIP: 127.0.0.1:${lab.pbx.sipPort} (UDP; a phone of your own may sign in as any of these numbers, without password)
${phones.join('\n')}

Numbers to dial are listed in scripts/lab/README.md: 8001 sales, 8002 support, 8003 billing, 8013 the menu …
Asterisk's command line:
  ${lab.pbx.cliCommand}
`;
}
