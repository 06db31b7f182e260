import { Button } from '@mantine/core';
import { IconLock, IconLockOpen, IconUserOff } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { OwnAgent } from '../../contract/agent-page.ts';
import type { AgentCall } from '../../contract/agents.ts';
import type { CallMarkKind } from '../../contract/call-marks.ts';
import { StateBadge } from '../shared/state/state-look.tsx';
import { Who } from '../shared/text/who.tsx';
import { Since } from '../shared/time/since.tsx';
import { Card } from './card.tsx';
import classes from './own-calls.module.css';
import { markCall } from './own-requests.ts';

const looks = { ringing: 'ringing', talking: 'on-call', 'on-hold': 'on-hold' } as const;

/** Whom he is speaking with, and the two ways to say that nobody may listen. */
export function OwnCalls({ me, mayMarkPrivate }: { me: OwnAgent; mayMarkPrivate: boolean }) {
  const { t } = useTranslation();
  return (
    <Card title={t('agentPage.calls')}>
      {me.calls.length === 0 && <p className={classes['none']}>{t('agentPage.noCall')}</p>}
      <ul className={classes['calls']}>
        {me.calls.map((call) => (
          <OwnCall key={call.id} call={call} me={me} mayMarkPrivate={mayMarkPrivate} />
        ))}
      </ul>
    </Card>
  );
}

function OwnCall({ call, me, mayMarkPrivate }: { call: AgentCall; me: OwnAgent; mayMarkPrivate: boolean }) {
  const { t } = useTranslation();
  const queue = me.queues.find(({ id }) => id === call.queue)?.name ?? call.queue;
  return (
    <li className={classes['call']} data-call={call.id}>
      <div className={classes['line']}>
        <StateBadge state={looks[call.state]} />
        <Since at={call.since} className={classes['since']} />
      </div>
      <div className={classes['who']}>
        <Who who={call.with} strong stacked />
      </div>
      <p className={classes['small']}>
        {t(`direction.${call.direction}`)}
        {queue && (
          <>
            {' · '}
            <bdi>{queue.slice(0, 100)}</bdi>
          </>
        )}
      </p>
      <div className={classes['buttons']}>
        {(mayMarkPrivate || call.marks.includes('private')) && <MarkButton call={call} kind="private" />}
        <MarkButton call={call} kind="objection" />
      </div>
    </li>
  );
}

const icons = { private: IconLock, objection: IconUserOff };

function MarkButton({ call, kind }: { call: AgentCall; kind: CallMarkKind }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const isOn = call.marks.includes(kind);
  const Icon = isOn ? IconLockOpen : icons[kind];
  async function toggle() {
    setBusy(true);
    await markCall(call.id, kind, !isOn);
    setBusy(false);
  }
  return (
    <Button
      size="compact-sm"
      variant={isOn ? 'filled' : 'default'}
      loading={busy}
      aria-pressed={isOn}
      data-mark={kind}
      title={t(`agentPage.markHint.${kind}`)}
      leftSection={<Icon size={15} aria-hidden="true" />}
      onClick={() => void toggle()}
    >
      {t(isOn ? `agentPage.marked.${kind}` : `agentPage.mark.${kind}`)}
    </Button>
  );
}
