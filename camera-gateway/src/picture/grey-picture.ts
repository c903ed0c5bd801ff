/** Lightness (0 to 255) row by row, {@link pictureWidthPx} × {@link pictureHeightPx}. */
export type GreyPicture = Uint8Array;

/** Large enough for the steepness of edges, small enough to be decoded at a quarter of 720p. */
export const pictureWidthPx = 288;
export const pictureHeightPx = 162;

/** Side of the square cells that fingerprints are made of. */
export const cellPx = 6;
export const columns = pictureWidthPx / cellPx;
export const rows = pictureHeightPx / cellPx;

/** Rows of cells at top and bottom in which cameras burn clock and name: they do not count as view. */
export const captionRows = 2;
