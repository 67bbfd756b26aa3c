/* SPDX-License-Identifier: GPL-2.0-or-later */
/* babeltrace2's plugins and graphs: what reads trace directories and merges their streams by time.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/ctf/decode_parts.h"

/*
 * babeltrace2 keeps one unprotected list of the plugins' classes for the whole process: held while
 * plugins are loaded or let go, around nothing else.
 */
static pthread_mutex_t plugins_mutex = PTHREAD_MUTEX_INITIALIZER;

/* babeltrace2 ends its sentences with ": name=value, name=value": of use to its developers only. */
static size_t sentence_length(const char *message)
{
	for (const char *at = strstr(message, ": "); at; at = strstr(at + 2, ": ")) {
		size_t name = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz0123456789-_");

		if (name > 0 && at[2 + name] == '=')
			return (size_t)(at - message);
	}
	return strlen(message);
}

bool decode_error(struct error *err, enum error_code code, const char *what)
{
	const bt_error *error = bt_current_thread_take_error();
	struct text sane = {0};

	if (error && bt_error_get_cause_count(error) > 0) {
		const char *message =
			bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, 0));

		text_add_sane(&sane, message, sentence_length(message), TEXT_SANE_LINE);
		while (sane.length > 0 && strchr(".: ", sane.bytes[sane.length - 1]))
			sane.bytes[--sane.length] = '\0';
	}
	if (error)
		bt_error_release(error);
	error_set(err, code, "%s: %s", what,
		  sane.length > 0 ? text_str(&sane) : "babeltrace2 gives no reason");
	text_finish(&sane);
	return false;
}

static const bt_plugin *load_file(const char *path, const bt_plugin_set **set)
{
	/* Decoders come and go: the file stays mapped. */
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (handle)
		dlclose(handle);
	if (bt_plugin_find_all_from_file(path, BT_FALSE, set) !=
		    BT_PLUGIN_FIND_ALL_FROM_FILE_STATUS_OK ||
	    bt_plugin_set_get_plugin_count(*set) == 0)
		return NULL;
	return bt_plugin_set_borrow_plugin_by_index_const(*set, 0);
}

/*
 * From the folder beside the library: a search of all places would load every plugin there is,
 * Python included.
 */
static const bt_plugin *load_plugin(const char *name, const bt_plugin_set **set)
{
	const bt_plugin *plugin = NULL;
	void *symbol = dlsym(RTLD_DEFAULT, "bt_graph_create");
	const char *slash;
	Dl_info info;
	char *path;

	if (!symbol || !dladdr(symbol, &info) || !(slash = strrchr(info.dli_fname, '/')))
		return NULL;
	path = mem_printf("%.*s/babeltrace2/plugins/babeltrace-plugin-%s.so",
			  (int)(slash - info.dli_fname), info.dli_fname, name);
	plugin = load_file(path, set);
	free(path);
	return plugin;
}

static const bt_plugin *find_plugin(const char *name, const bt_plugin_set **set)
{
	const bt_plugin *plugin = load_plugin(name, set);

	if (plugin) {
		bt_plugin_get_ref(plugin);
		return plugin;
	}
	bt_current_thread_clear_error();
	if (bt_plugin_find(name, BT_TRUE, BT_FALSE, BT_TRUE, BT_TRUE, BT_FALSE, &plugin) !=
	    BT_PLUGIN_FIND_STATUS_OK)
		return NULL;
	return plugin;
}

bool decode_graph_open(struct decode_graph *graph, struct error *err)
{
	*graph = (struct decode_graph){0};
	pthread_mutex_lock(&plugins_mutex);
	bt_logging_set_global_level(BT_LOGGING_LEVEL_NONE);
	graph->ctf = find_plugin("ctf", &graph->sets[0]);
	graph->utils = find_plugin("utils", &graph->sets[1]);
	pthread_mutex_unlock(&plugins_mutex);
	bt_current_thread_clear_error();
	if (!graph->ctf || !graph->utils)
		return error_set(err, ERROR_UNSUPPORTED,
				 "babeltrace2's plugins ctf and utils can't be loaded: install "
				 "the package of libbabeltrace2");
	graph->graph = bt_graph_create(0);
	if (!graph->graph)
		return decode_error(err, ERROR_UNSUPPORTED, "cannot make a graph");
	return true;
}

void decode_graph_close(struct decode_graph *graph)
{
	if (graph->graph)
		bt_graph_put_ref(graph->graph);
	pthread_mutex_lock(&plugins_mutex);
	if (graph->ctf)
		bt_plugin_put_ref(graph->ctf);
	if (graph->utils)
		bt_plugin_put_ref(graph->utils);
	for (size_t i = 0; i < COUNT_OF(graph->sets); i++) {
		if (graph->sets[i])
			bt_plugin_set_put_ref(graph->sets[i]);
	}
	pthread_mutex_unlock(&plugins_mutex);
	bt_current_thread_clear_error();
	*graph = (struct decode_graph){0};
}

/* --- which directories are parts of one trace ------------------------------------------------- */

/* Traces with the same group go to one component. The caller frees it; NULL: on its own. */
static char *group_of(const bt_component_class *class, const char *directory)
{
	bt_value *parameters = bt_value_map_create();
	bt_query_executor *executor;
	const bt_value *result = NULL, *group;
	char *name = NULL;

	bt_value_map_insert_string_entry(parameters, "type", "directory");
	bt_value_map_insert_string_entry(parameters, "input", directory);
	executor = bt_query_executor_create(class, "babeltrace.support-info", parameters);
	if (executor &&
	    bt_query_executor_query(executor, &result) == BT_QUERY_EXECUTOR_QUERY_STATUS_OK &&
	    bt_value_get_type(result) == BT_VALUE_TYPE_MAP) {
		group = bt_value_map_borrow_entry_value_const(result, "group");
		if (group && bt_value_get_type(group) == BT_VALUE_TYPE_STRING)
			name = mem_strdup(bt_value_string_get(group));
	}
	bt_current_thread_clear_error();
	if (result)
		bt_value_put_ref(result);
	if (executor)
		bt_query_executor_put_ref(executor);
	bt_value_put_ref(parameters);
	return name;
}

struct sources {
	const bt_component_class_source *class;
	const char *const *directories;
	char **groups; /* per directory; NULL: on its own */
	bool *is_added;
	size_t count;
};

static bool add_source(struct decode_graph *graph, struct sources *sources, size_t first,
		       const bt_component_source **component, struct error *err)
{
	const char *group = sources->groups[first];
	bt_value *parameters = bt_value_map_create(), *inputs = NULL;
	char *name = mem_printf("source-%zu", first);
	bool is_added;

	bt_value_map_insert_empty_array_entry(parameters, "inputs", &inputs);
	bt_value_map_insert_bool_entry(parameters, "force-clock-class-origin-unix-epoch", BT_TRUE);
	for (size_t i = first; i < sources->count; i++) {
		if (i != first && (!group || sources->is_added[i] || !sources->groups[i] ||
				   strcmp(group, sources->groups[i])))
			continue;
		bt_value_array_append_string_element(inputs, sources->directories[i]);
		sources->is_added[i] = true;
	}
	is_added = bt_graph_add_source_component(graph->graph, sources->class, name, parameters,
						 BT_LOGGING_LEVEL_NONE,
						 component) == BT_GRAPH_ADD_COMPONENT_STATUS_OK;
	bt_value_put_ref(parameters);
	free(name);
	return is_added || decode_error(err, ERROR_INVALID, "babeltrace2 can't read the trace");
}

/* muxer NULL: the only port becomes *port. */
static bool connect_source(struct decode_graph *graph, const bt_component_source *source,
			   const bt_component_filter *muxer, struct error *err)
{
	uint64_t count = bt_component_source_get_output_port_count(source);

	for (uint64_t i = 0; i < count; i++) {
		uint64_t last = bt_component_filter_get_input_port_count(muxer) - 1;

		if (bt_graph_connect_ports(
			    graph->graph,
			    bt_component_source_borrow_output_port_by_index_const(source, i),
			    bt_component_filter_borrow_input_port_by_index_const(muxer, last),
			    NULL) != BT_GRAPH_CONNECT_PORTS_STATUS_OK)
			return decode_error(err, ERROR_INVALID, "cannot connect the trace");
	}
	return true;
}

static bool add_all(struct decode_graph *graph, struct sources *sources,
		    const bt_component_filter *muxer, struct error *err)
{
	const bt_component_source *component;

	for (size_t i = 0; i < sources->count; i++) {
		if (sources->is_added[i])
			continue;
		if (!add_source(graph, sources, i, &component, err) ||
		    !connect_source(graph, component, muxer, err))
			return false;
	}
	return true;
}

bool decode_graph_add_sources(struct decode_graph *graph, const char *const *directories,
			      size_t count, const bt_port_output **port, struct error *err)
{
	const bt_component_class_filter *muxer_class =
		bt_plugin_borrow_filter_component_class_by_name_const(graph->utils, "muxer");
	struct sources sources = {
		.class = bt_plugin_borrow_source_component_class_by_name_const(graph->ctf, "fs"),
		.directories = directories,
		.count = count,
	};
	const bt_component_filter *muxer;
	bool is_added;

	if (!sources.class || !muxer_class ||
	    bt_graph_add_filter_component(graph->graph, muxer_class, "muxer", NULL,
					  BT_LOGGING_LEVEL_NONE,
					  &muxer) != BT_GRAPH_ADD_COMPONENT_STATUS_OK)
		return decode_error(err, ERROR_UNSUPPORTED, "cannot use babeltrace2's plugins");
	sources.groups = mem_zalloc((count + 1) * sizeof(*sources.groups));
	sources.is_added = mem_zalloc((count + 1) * sizeof(*sources.is_added));
	for (size_t i = 0; i < count && count > 1; i++)
		sources.groups[i] =
			group_of(bt_component_class_source_as_component_class_const(sources.class),
				 directories[i]);
	is_added = add_all(graph, &sources, muxer, err);
	for (size_t i = 0; i < count; i++)
		free(sources.groups[i]);
	free(sources.groups);
	free(sources.is_added);
	*port = bt_component_filter_borrow_output_port_by_index_const(muxer, 0);
	return is_added;
}
