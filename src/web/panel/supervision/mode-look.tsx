import { IconEar, IconMessage2Share, IconMicrophone, type TablerIcon } from '@tabler/icons-react';
import type { AudioMode } from '../../../contract/supervisions.ts';

export const modeIcons: Record<AudioMode, TablerIcon> = {
  listen: IconEar,
  whisper: IconMessage2Share,
  barge: IconMicrophone,
};
export const actionsInOrder = Object.keys(modeIcons) as AudioMode[];
