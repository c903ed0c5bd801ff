import { useQuery } from '@tanstack/react-query';
import { districtsQuery } from '../admin/districts.ts';
import { useI18n } from '../i18n/i18n.tsx';

/** Names districts in the reader's language; by their code while the list is on its way. */
export function useDistrictName(): (code: string) => string {
  const { pick } = useI18n();
  const { data: districts } = useQuery(districtsQuery);
  return (code) => {
    const district = districts?.find((one) => one.code === code);
    return district === undefined ? code : pick(district.name, district.nameUr);
  };
}
