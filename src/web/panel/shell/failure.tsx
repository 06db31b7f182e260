export * from '../../shared/shell/failure.tsx';
