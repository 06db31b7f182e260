export * from '../../shared/shell/notify.ts';
