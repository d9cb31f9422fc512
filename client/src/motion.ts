/** Whether the visitor's system asks for reduced motion. */
export const prefersReducedMotion = window.matchMedia('(prefers-reduced-motion: reduce)').matches
