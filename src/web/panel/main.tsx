import '../shared/brand/tokens.css';
import '@mantine/core/styles.layer.css';
import '@mantine/notifications/styles.layer.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { theme } from '../shared/brand/theme.ts';
import { startLanguages } from '../shared/i18n/i18n.ts';
import { Failure } from '../shared/shell/failure.tsx';
import { App } from './app.tsx';

await startLanguages();

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Failure>
        <Notifications position="top-right" limit={4} autoClose={6000} zIndex={400} />
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </Failure>
    </MantineProvider>
  </StrictMode>,
);
