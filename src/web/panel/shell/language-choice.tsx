export * from '../../shared/shell/language-choice.tsx';
