"""How far projects diverge: the blocks of a fragment by the projects that use it."""
