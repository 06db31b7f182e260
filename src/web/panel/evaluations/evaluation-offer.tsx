import { Button, CloseButton } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Supervision } from '../../../contract/supervisions.ts';
import { may, useMe } from '../../shared/session/session-store.ts';
import { board } from '../live/live.ts';
import { useMine } from '../supervision/mine.ts';
import { evaluateParam } from './call-evaluations.tsx';
import classes from './evaluation-offer.module.css';

interface Offer {
  callId: string;
  agentName: string;
}

/** After a supervision has ended: the call that was listened to can be evaluated while it is fresh. */
export function EvaluationOffer() {
  const { t } = useTranslation();
  const me = useMe();
  const mine = useMine();
  const [heard, setHeard] = useState<Supervision | null>(null);
  const [offer, setOffer] = useState<Offer | null>(null);

  useEffect(() => {
    if (mine) {
      setOffer(null);
      if (mine.state === 'live') setHeard(mine);
    } else if (heard) {
      setHeard(null);
      const callId = heard.calls.at(-1)?.callId;
      const agentName = board.agents.get(heard.agentId)?.name ?? '';
      if (callId) setOffer({ callId, agentName });
    }
  }, [mine, heard]);

  if (!offer || !may(me, 'evaluations.write')) return null;
  const close = () => setOffer(null);
  return (
    <section className={classes['offer']} aria-label={t('evaluations.evaluate')}>
      <p role="status">{t('evaluations.offer', { name: offer.agentName.slice(0, 100) })}</p>
      <Button
        component={Link}
        to={`/calls/${offer.callId}?days=all&${evaluateParam}=`}
        size="xs"
        onClick={close}
      >
        {t('evaluations.evaluate')}
      </Button>
      <CloseButton aria-label={t('evaluations.later')} title={t('evaluations.later')} onClick={close} />
    </section>
  );
}
