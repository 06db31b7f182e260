import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** Petrol: the sea a lookout watches. Shade 8 on white is 5.6:1. */
const marine: MantineColorsTuple = [
  '#e6f4f7',
  '#cfe6eb',
  '#a3ced8',
  '#73b5c4',
  '#4da1b3',
  '#3294a9',
  '#2089a0',
  '#12778d',
  '#0a6a7f',
  '#06566a',
];

/** Ink: Mantine's dark greys, tinted like the mark. */
const dark: MantineColorsTuple = [
  '#dbe3e8',
  '#b9c6ce',
  '#94a4ae',
  '#62717c',
  '#3a4a56',
  '#2d3b46',
  '#212d37',
  '#17212a',
  '#111a21',
  '#0b1217',
];

export const theme = createTheme({
  primaryColor: 'marine',
  primaryShade: { light: 8, dark: 7 },
  colors: { marine, dark },
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace',
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  focusRing: 'auto',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  components: {
    Modal: {
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45 } },
      styles: { title: { fontWeight: 650, fontSize: '1rem' } },
    },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
  },
});
