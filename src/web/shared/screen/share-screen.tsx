import { ActionIcon, Alert, Button, Group } from '@mantine/core';
import { IconScreenShare, IconScreenShareOff, IconX } from '@tabler/icons-react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { monitorsMax } from '../../../contract/screens.ts';
import type { PageSocket } from '../page-socket.ts';
import classes from './share-screen.module.css';
import { createSharer, type SharedNow, type Sharer } from './sharer.ts';

/** Who watches, as far as the policy has the agent told; null: somebody, unnamed. */
export type Watchers = readonly ({ name: string } | null)[];

/** The agent's own screen sharing: begin once, add a monitor, stop; and a mark while somebody watches. */
export function ShareScreen({ socket, watchedBy }: { socket: PageSocket; watchedBy: Watchers }) {
  const [sharer, setSharer] = useState<Sharer | null>(null);
  useEffect(() => {
    const made = createSharer(socket);
    setSharer(made);
    return () => made.close();
  }, [socket]);
  return sharer && <Sharing sharer={sharer} watchedBy={watchedBy} />;
}

function Sharing({ sharer, watchedBy }: { sharer: Sharer; watchedBy: Watchers }) {
  const { t } = useTranslation();
  const now = useSyncExternalStore(sharer.now.subscribe, sharer.now.get);
  const shares = now.monitors.length > 0;
  const obstacle = whyNotPossible();
  return (
    <div className={classes['card']} data-sharing={shares || undefined}>
      {shares ? (
        <On now={now} sharer={sharer} watchedBy={watchedBy} />
      ) : (
        <>
          <p className={classes['why']}>{t('screenShare.why')}</p>
          {obstacle === null ? (
            <Group>
              <Button leftSection={<IconScreenShare size={16} />} onClick={() => void sharer.add()}>
                {t('screenShare.start')}
              </Button>
            </Group>
          ) : (
            <Alert color="yellow" data-cannot-share={obstacle}>
              {t(`screenShare.${obstacle}`)}
            </Alert>
          )}
        </>
      )}
      {now.problem && <Alert color="yellow">{t(`screenShare.${now.problem}`)}</Alert>}
    </div>
  );
}

/** Said before he tries: a browser gives the screen to pages on HTTPS only. */
function whyNotPossible(): 'insecure' | 'not-possible' | null {
  if (!window.isSecureContext) return 'insecure';
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function' ? null : 'not-possible';
}

function On({ now, sharer, watchedBy }: { now: SharedNow; sharer: Sharer; watchedBy: Watchers }) {
  const { t } = useTranslation();
  return (
    <>
      <p className={classes['state']} role="status">
        <span className={classes['dot']} data-hidden={now.hidden || undefined} aria-hidden="true" />
        {t(now.hidden ? 'screenShare.hidden' : 'screenShare.on')}
      </p>
      <WatchedBy watchedBy={watchedBy} />
      {now.monitors.length > 1 && <Monitors monitors={now.monitors} onRemove={sharer.remove} />}
      <Group gap="xs">
        <Button color="red.9" leftSection={<IconScreenShareOff size={16} />} onClick={() => sharer.stop()}>
          {t('screenShare.stop')}
        </Button>
        {now.monitors.length < monitorsMax && (
          <Button variant="default" onClick={() => void sharer.add()}>
            {t('screenShare.add')}
          </Button>
        )}
      </Group>
    </>
  );
}

/** The mark. Names are given only where the policy gives them. */
function WatchedBy({ watchedBy }: { watchedBy: Watchers }) {
  const { t } = useTranslation();
  if (watchedBy.length === 0) return null;
  const names = watchedBy.flatMap((one) => (one ? [one.name.slice(0, 100)] : []));
  return (
    <p className={classes['watched']} role="status" data-watched>
      <bdi>
        {names.length === watchedBy.length
          ? t('screenShare.watchedBy', { names: names.join(', ') })
          : t('screenShare.watched', { count: watchedBy.length })}
      </bdi>
    </p>
  );
}

function Monitors({
  monitors,
  onRemove,
}: {
  monitors: SharedNow['monitors'];
  onRemove(index: number): void;
}) {
  const { t } = useTranslation();
  return (
    <ul className={classes['list']}>
      {monitors.map((kind, index) => {
        const name = t(`screenShare.${kind}`, { number: index + 1 });
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a picture has no other name than its number
          <li key={index} className={classes['one']}>
            {name}
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={t('screenShare.stopOne', { name })}
              onClick={() => onRemove(index)}
            >
              <IconX size={14} />
            </ActionIcon>
          </li>
        );
      })}
    </ul>
  );
}
