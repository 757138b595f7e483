
  DELETE FROM active_sessions
  WHERE last_heartbeat < NOW() - INTERVAL '5 minutes';
