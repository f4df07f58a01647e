-- Foreign tables, for servers that ship postgres_fdw and file_fdw. {folder} is the server's socket.
CREATE EXTENSION file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
COPY (SELECT g AS a, 'x' FROM generate_series(1, 50) g) TO '{folder}/outside.csv' CSV;
CREATE FOREIGN TABLE outside (a int, b text) SERVER files OPTIONS (filename '{folder}/outside.csv', format 'csv');
CREATE EXTENSION postgres_fdw;
CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw
  OPTIONS (host '{folder}', dbname 'postgres', async_capable 'true', use_remote_estimate 'true');
CREATE USER MAPPING FOR CURRENT_USER SERVER itself OPTIONS (user 'postgres', password_required 'false');
CREATE FOREIGN TABLE remote_uses (id int, template_id int, author_id int, amount int, note text)
  SERVER itself OPTIONS (table_name 'uses');
CREATE FOREIGN TABLE remote_authors (id int, email text, team int) SERVER itself OPTIONS (table_name 'authors');
CREATE SERVER itself_again FOREIGN DATA WRAPPER postgres_fdw
  OPTIONS (host '{folder}', dbname 'postgres', async_capable 'true');
CREATE USER MAPPING FOR CURRENT_USER SERVER itself_again OPTIONS (user 'postgres', password_required 'false');
CREATE TABLE remote_parts (id int, template_id int, author_id int, amount int, note text) PARTITION BY RANGE (id);
CREATE FOREIGN TABLE remote_parts_1 PARTITION OF remote_parts FOR VALUES FROM (0) TO (20000)
  SERVER itself OPTIONS (table_name 'uses');
CREATE FOREIGN TABLE remote_parts_2 PARTITION OF remote_parts FOR VALUES FROM (20000) TO (90000)
  SERVER itself_again OPTIONS (table_name 'uses');
