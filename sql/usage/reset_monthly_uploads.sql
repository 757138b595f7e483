
BEGIN
  RAISE NOTICE 'There are no monthly upload counters to reset';
END;
