export * from '../../shared/session/session-store.ts';
