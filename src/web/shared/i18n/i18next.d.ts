import 'i18next';
import type { Messages } from './fr/index.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: Messages };
    nsSeparator: false;
  }
}
