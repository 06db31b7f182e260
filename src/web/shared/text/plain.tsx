import classes from './plain.module.css';

const titleLengthMax = 300;

interface PlainProps {
  text: string;
  strong?: boolean;
  dim?: boolean;
  /** What the pointer is told; the whole text unless given. */
  title?: string;
}

/** Text from outside (names, numbers, queues): isolated from the direction of its neighbours, cut by an ellipsis. */
export function Plain({ text, strong, dim, title = text }: PlainProps) {
  const kind = strong ? classes['strong'] : dim ? classes['dim'] : '';
  return (
    <bdi className={`${classes['plain']} ${kind}`} title={title.slice(0, titleLengthMax)}>
      {text.slice(0, titleLengthMax)}
    </bdi>
  );
}
