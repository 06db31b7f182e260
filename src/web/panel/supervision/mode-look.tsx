import { IconEar, IconMessage2Share, IconMicrophone, type TablerIcon } from '@tabler/icons-react';
import type { AgentAction } from '../../../contract/agents.ts';

export const modeIcons: Record<AgentAction, TablerIcon> = {
  listen: IconEar,
  whisper: IconMessage2Share,
  barge: IconMicrophone,
};
export const actionsInOrder = Object.keys(modeIcons) as AgentAction[];
