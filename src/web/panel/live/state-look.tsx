export * from '../../shared/state/state-look.tsx';
