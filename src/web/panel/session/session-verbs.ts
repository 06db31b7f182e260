export * from '../../shared/session/session-verbs.ts';
