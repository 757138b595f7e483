CREATE TABLE public."User Profiles" (id int NOT NULL, "the role" text NOT NULL, note text);
