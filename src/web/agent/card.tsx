import type { ReactNode } from 'react';
import classes from './agent-page.module.css';

/** One matter of the page, under its own heading. */
export function Card({ title, children, tone }: { title: string; children: ReactNode; tone?: 'signal' }) {
  return (
    <section className={classes['card']} aria-label={title} data-tone={tone}>
      <h2 className={classes['cardTitle']}>{title}</h2>
      {children}
    </section>
  );
}
