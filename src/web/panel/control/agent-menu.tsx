import { Kbd, Menu } from '@mantine/core';
import { Fragment, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '../../../contract/agents.ts';
import { board, useRow } from '../live/live.ts';
import classes from './agent-menu.module.css';
import { agentVerbs, isOffered } from './agent-verbs.tsx';
import { closeMenu, menuStore } from './menu-store.ts';

const outside = ['mousedown', 'touchstart'];

/** Everything that may be done to an agent and is no button of his row. One menu for all rows, as one is open at a time. */
export function AgentMenu() {
  const open = useSyncExternalStore(menuStore.subscribe, menuStore.get);
  const agent = useRow(board.agents, open?.agentId ?? '');
  if (!open || !agent) return null;
  const { left, top, width, height } = open.anchor;
  return (
    <Menu
      opened
      onChange={closeMenu}
      position="bottom-end"
      withinPortal={false}
      withInitialFocusPlaceholder={false}
      trapFocus
      // The key that opens it is still on its way to the document.
      clickOutsideEvents={outside}
      returnFocus={false}
    >
      <Menu.Target>
        <button
          type="button"
          className={classes['anchor']}
          style={{ left, top, width, height }}
          tabIndex={-1}
          aria-label={agent.name.slice(0, 100)}
        />
      </Menu.Target>
      <Menu.Dropdown>
        <Items agent={agent} />
      </Menu.Dropdown>
    </Menu>
  );
}

function Items({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  const offered = agentVerbs.filter((verb) => !verb.quick && isOffered(agent, verb));
  return (
    <>
      <Menu.Label>
        <bdi>{agent.name.slice(0, 60)}</bdi>
      </Menu.Label>
      {offered.map(({ action, icon: Icon, letter, startsGroup, run }, i) => (
        <Fragment key={action}>
          {startsGroup && i > 0 && <Menu.Divider />}
          <Menu.Item
            data-action={action}
            leftSection={<Icon size={16} aria-hidden="true" />}
            rightSection={
              <Kbd size="xs" aria-hidden="true">
                {letter}
              </Kbd>
            }
            onClick={() => run(agent)}
          >
            {t(`action.${action}`)}
          </Menu.Item>
        </Fragment>
      ))}
      {offered.length === 0 && <Menu.Item disabled>{t('control.nothing')}</Menu.Item>}
    </>
  );
}
