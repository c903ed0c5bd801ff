/** Where the keys of a grid are: a whole row (`column` −1) or one cell; row −1 is the heading. */
export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  readonly pageRows: number;
  readonly rightToLeft: boolean;
}

/**
 * Where a key leads (ARIA Authoring Practices, grid with row focus): arrows move by rows and into
 * the cells, Home and End to the ends of the list or, inside a row, of the row. Null: not a key of
 * the grid.
 */
export function moveInGrid(
  place: GridPlace,
  key: string,
  ctrl: boolean,
  size: GridSize,
): GridPlace | null {
  const inwards = size.rightToLeft ? 'ArrowLeft' : 'ArrowRight';
  const outwards = size.rightToLeft ? 'ArrowRight' : 'ArrowLeft';
  const to = (row: number, column = place.column): GridPlace => {
    const nextRow = Math.max(-1, Math.min(size.rows - 1, row));
    // The heading has no row of its own to open, only cells to sort by.
    const least = nextRow === -1 ? 0 : -1;
    return { row: nextRow, column: Math.max(least, Math.min(size.columns - 1, column)) };
  };
  switch (key) {
    case 'ArrowDown':
      return to(place.row + 1);
    case 'ArrowUp':
      return to(place.row - 1);
    case 'PageDown':
      return to(Math.max(0, place.row) + size.pageRows);
    case 'PageUp':
      return to(Math.max(0, place.row - size.pageRows));
    case inwards:
      return to(place.row, place.column + 1);
    case outwards:
      return to(place.row, place.column - 1);
    case 'Home':
      return ctrl || place.column === -1 ? to(0) : to(place.row, 0);
    case 'End':
      return ctrl || place.column === -1 ? to(size.rows - 1) : to(place.row, size.columns - 1);
    default:
      return null;
  }
}
