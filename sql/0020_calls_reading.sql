-- The supervisions of a call are found from the call.
create index supervisions_by_call on supervisions using gin (calls jsonb_path_ops);
