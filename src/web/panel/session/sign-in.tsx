export * from '../../shared/session/sign-in.tsx';
