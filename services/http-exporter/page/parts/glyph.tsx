/** Shapes: one for each level, told apart without colour, and the marks of the ribbon. */
import { LEVEL_WORDS, type Level } from '#view'

/** Drawn once, used by reference. */
export function Shapes() {
  return (
    <svg class="shapes" width="0" height="0" aria-hidden="true">
      <defs>
        <symbol id="g-healthy" viewBox="0 0 12 12">
          <circle cx="6" cy="6" r="4.25" fill="none" stroke="var(--c)" stroke-width="1.5" />
        </symbol>
        <symbol id="g-allright" viewBox="0 0 12 12">
          <circle cx="6" cy="6" r="6" fill="var(--healthy)" />
          <path d="M3.2 6.2 5.2 8.2 8.9 4.2" fill="none" stroke="var(--glyph)" stroke-width="1.4" />
        </symbol>
        <symbol id="g-info" viewBox="0 0 12 12">
          <circle cx="6" cy="6" r="5.25" fill="none" stroke="var(--c)" stroke-width="1.5" />
          <path d="M5.3 5.2h1.4v3.9H5.3zM5.3 2.9h1.4v1.4H5.3z" fill="var(--c)" />
        </symbol>
        <symbol id="g-warning" viewBox="0 0 12 12">
          <path d="M6 .8 11.8 11.2H.2Z" fill="var(--c)" />
        </symbol>
        <symbol id="g-error" viewBox="0 0 12 12">
          <path d="M6 0 12 6 6 12 0 6Z" fill="var(--c)" />
        </symbol>
        <symbol id="g-critical" viewBox="0 0 12 12">
          <rect width="12" height="12" rx="1.5" fill="var(--c)" />
          <path d="M5.2 2.4h1.6v4.5H5.2zM5.2 8.1h1.6v1.6H5.2z" fill="var(--glyph)" />
        </symbol>
        <symbol id="g-unknown" viewBox="0 0 12 12">
          <circle cx="6" cy="6" r="5.25" fill="none" stroke="var(--c)" stroke-width="1.5" stroke-dasharray="2.2 1.93" />
          <circle cx="6" cy="6" r="1.4" fill="var(--c)" />
        </symbol>
        <symbol id="g-stale" viewBox="0 0 12 12">
          <circle cx="6" cy="6" r="5.25" fill="none" stroke="var(--c)" stroke-width="1.5" />
          <path d="M6 3v3.3l2 1.4" fill="none" stroke="var(--c)" stroke-width="1.4" />
        </symbol>
        <path id="m-ran" d="M0 0 3.6 6.4H-3.6Z" />
        <path id="m-restart" d="M3.1 2.2A3.3 3.3 0 1 0 3.3 4.4M3.4 0v2.5H.9" />
        <pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="4" height="4" fill="var(--bg)" />
          <rect width="1.6" height="4" fill="var(--unknown)" />
        </pattern>
        <pattern id="hatch-stale" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="1" height="5" fill="var(--axis)" />
        </pattern>
      </defs>
    </svg>
  )
}

/** The shape alone; the word stands beside it. */
export function Glyph({ level, shape = level }: { readonly level: Level; readonly shape?: Level | 'allright' }) {
  return (
    <svg class={`g ${level}`} aria-hidden="true">
      <use href={`#g-${shape}`} />
    </svg>
  )
}

/** Colour, shape and word of a level. */
export function State({ level, word = LEVEL_WORDS[level] }: { readonly level: Level; readonly word?: string }) {
  return (
    <span class={`state ${level}`}>
      <Glyph level={level} />
      {word}
    </span>
  )
}
