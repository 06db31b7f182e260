/** The lookout in the V of Vigie: an eye held between two lines of sight. Decorative: the name stands beside it. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0d3b4a" />
      <path
        d="M6.5 9.5 16 25.5 25.5 9.5"
        fill="none"
        stroke="#fff"
        strokeWidth="3.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="16" cy="10.6" r="3.6" fill="#ffb524" />
    </svg>
  );
}
