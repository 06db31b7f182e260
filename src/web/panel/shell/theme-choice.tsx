export * from '../../shared/shell/theme-choice.tsx';
