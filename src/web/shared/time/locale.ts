/** Dates as this browser's country writes them, when it speaks the language shown; always on a 24-hour clock. */
export function dateFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const own = navigator.languages.find((tag) => tag.toLowerCase().startsWith(language));
  // A bare `en` would write the month first, which few call centres on a 24-hour clock expect.
  const locale = own?.includes('-') ? own : language === 'en' ? 'en-GB' : 'fr-FR';
  const { dateStyle, timeStyle } = options;
  return new Intl.DateTimeFormat(
    locale,
    dateStyle && !timeStyle ? options : { hourCycle: 'h23', ...options },
  );
}
