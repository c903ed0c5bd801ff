import { useEffect, useState } from 'react';

const narrow = '(width <= 700px)';

/** Whether the window is as narrow as a phone: where tables become cards. */
export function useNarrow(): boolean {
  const [matches, setMatches] = useState(() => window.matchMedia(narrow).matches);
  useEffect(() => {
    const query = window.matchMedia(narrow);
    const listen = (): void => setMatches(query.matches);
    query.addEventListener('change', listen);
    return () => query.removeEventListener('change', listen);
  }, []);
  return matches;
}
