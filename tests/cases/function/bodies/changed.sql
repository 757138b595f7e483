CREATE OR REPLACE FUNCTION public.nothing() RETURNS void LANGUAGE sql AS ' ';
CREATE OR REPLACE FUNCTION public.tabs_and_ends() RETURNS void LANGUAGE sql AS E'\n\tSELECT 1;  \n\n-- end\n';
