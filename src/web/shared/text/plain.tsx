import classes from './plain.module.css';

const titleLengthMax = 300;

/** Text from outside (names, numbers, queues): isolated from the direction of its neighbours, cut by an ellipsis. */
export function Plain({ text, strong, dim }: { text: string; strong?: boolean; dim?: boolean }) {
  const kind = strong ? classes['strong'] : dim ? classes['dim'] : '';
  return (
    <bdi className={`${classes['plain']} ${kind}`} title={text.slice(0, titleLengthMax)}>
      {text.slice(0, titleLengthMax)}
    </bdi>
  );
}
