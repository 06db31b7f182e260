import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en/index.ts';
import { fr, type Messages } from './fr/index.ts';

/** A key that no language has, or a missing one, fails the type check. */
declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: Messages };
    nsSeparator: false;
  }
}

export const languages = ['fr', 'en'] as const;
export type Language = (typeof languages)[number];
const storageKey = 'vigie.language';

/** French unless the browser prefers English; a choice made here is remembered. */
function firstLanguage(): Language {
  const chosen = localStorage.getItem(storageKey);
  if (chosen === 'fr' || chosen === 'en') return chosen;
  const preferred = navigator.languages.find((tag) => /^(fr|en)\b/i.test(tag));
  return preferred?.toLowerCase().startsWith('en') ? 'en' : 'fr';
}

export async function startLanguages(): Promise<void> {
  const lng = firstLanguage();
  document.documentElement.lang = lng;
  await i18next.use(initReactI18next).init({
    lng,
    fallbackLng: 'fr',
    resources: { fr: { translation: fr }, en: { translation: en } },
    // React escapes what it shows.
    interpolation: { escapeValue: false },
    nsSeparator: false,
  });
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(storageKey, language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}
